;; A histogram upside down.
;; = import `probe1.lquantize` `bytes,100,0,5`: expected lo below hi and a step above 0, found 100, 0 and 5
(module (import "probe1.lquantize" "bytes,100,0,5" (func (param i64 f64))) (func (export "fn:a.b:entry")))
