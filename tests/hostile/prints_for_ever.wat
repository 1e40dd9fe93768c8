;; A runtime that prints without an end.
;; budget: events_per_second=10
;; fire: 2x entry
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect log {"probe":"fn:till.cart.*:entry","level":"info","text":"again"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":0,"faults":{"host_budget":2},"drops":{"rate":1632}}
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00") (data (i32.const 16) "again\n")
  (func (export "fn:till.cart.*:entry") (loop $again (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $again))))
