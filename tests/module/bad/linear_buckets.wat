;; A histogram nobody reads.
;; = import `probe1.lquantize` `bytes,0,100,0.01`: expected at most 1000 buckets (`linear_buckets_max`), found 10000
(module (import "probe1.lquantize" "bytes,0,100,0.01" (func (param i64 f64))) (func (export "fn:a.b:entry")))
