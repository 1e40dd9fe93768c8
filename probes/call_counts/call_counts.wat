;; call_counts: how often each function is called, and how often it raises.
;;
;; Reads: the function's name. Writes: the counts `calls` and `raises` by function. It needs no memory and keeps nothing.
(module
  (import "probe1.get" "$fn" (func $fn (result i64)))
  (import "probe1.count" "calls" (func $calls (param i64)))
  (import "probe1.count" "raises" (func $raises (param i64)))

  (func (export "fn:httpbin.core.*:entry#calls") (call $calls (call $fn)))
  (func (export "fn:httpbin.core.*:raise#raises") (call $raises (call $fn))))
