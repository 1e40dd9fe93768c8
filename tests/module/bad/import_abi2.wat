;; Another ABI.
;; = import `probe2` `emit` is not known to this version
;; = hint: the ABI of this version is `probe1`
(module (import "probe2" "emit" (func (result i32))) (func (export "fn:a.b:entry")))
