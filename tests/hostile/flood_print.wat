;; An aggregation shown again and again.
;; budget: events_per_second=10
;; fire: 2x entry
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":1}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":2}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":3}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":4}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":5}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":6}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":7}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":8}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":9}],"left_off":0}
;; expect print {"probe":"fn:till.cart.*:entry","name":"c","kind":"count","rows":[{"key":[],"value":10}],"left_off":0}
;; expect aggregation {"name":"c","kind":"count","key":[],"value":320}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":10,"faults":{"out_of_fuel":2},"drops":{"rate":24,"per_fire":286}}
(module
  (import "probe1.count" "c" (func $count (param i64)))
  (import "probe1.print" "c" (func $print (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry")
    (loop $again
      (call $count (i64.const 0xFFF8000000000000)) (drop (call $print))
      (br $again))))
