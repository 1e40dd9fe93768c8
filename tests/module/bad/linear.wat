;; A histogram without a step.
;; = import `probe1.lquantize` `bytes,0,100`: expected `name,lo,hi,step` with three numbers, found `bytes,0,100`
(module (import "probe1.lquantize" "bytes,0,100" (func (param i64 f64))) (func (export "fn:a.b:entry")))
