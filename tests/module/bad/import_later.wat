;; In the ABI, not in this version.
;; = import `probe1` `stack` is not available in this version yet
;; = hint: `docs/ABI.md` says which imports this version has
(module (import "probe1" "stack" (func (param i32 i32) (result i64))) (func (export "fn:a.b:entry")))
