;; Lines for the operator without an end.
;; budget: events_per_second=10
;; fire: 2x entry
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"error","text":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000x\u0000\u0000\u0000"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{"rate":4908}}
(module
  (import "probe1" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry")
    (loop $again
      (drop (call $log (i32.const 1) (i32.const 0) (i32.const 20)))
      (br $again))))
