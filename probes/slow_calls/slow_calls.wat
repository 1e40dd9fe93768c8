;; slow_calls: how long each function of httpbin takes, and with what arguments the slow calls were made.
;;
;; Reads: the time since entry, the function's name, the positional arguments. Writes: the histogram `latency_ns` by
;; function, and one record for each call of 5 ms or more. It needs no memory and keeps nothing between calls.
(module
  (import "probe1" "elapsed" (func $elapsed (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.get" "$fn" (func $fn (result i64)))
  (import "probe1.get" "args" (func $args (result i64)))
  (import "probe1.quantize" "latency_ns" (func $latency_ns (param i64 f64)))
  (import "probe1.field" "args" (func $field_args (param i64)))
  (import "probe1.field" "duration_ns" (func $field_duration_ns (param i64)))

  ;; Every call, by return or raise: one bucket of its function's histogram.
  (func (export "fn:httpbin.core.*:exit#latency")
    (call $latency_ns (call $fn) (f64.convert_i64_s (call $elapsed))))

  ;; The host compares the time before it enters the guest (`min`), so fast calls cost nothing here.
  (func (export "fn:httpbin.core.*:exit?min=5ms#slow") (result i32)
    (call $field_args (call $args))
    (call $field_duration_ns (call $int (call $elapsed)))
    (drop (call $emit))
    (i32.const 0))

  ;; A number as a value: tag FFF9 above 48 bits of it (nanoseconds up to 39 hours).
  (func $int (param $n i64) (result i64)
    (i64.or
      (i64.const 0xFFF9_0000_0000_0000)
      (i64.and (local.get $n) (i64.const 0x0000_FFFF_FFFF_FFFF)))))
