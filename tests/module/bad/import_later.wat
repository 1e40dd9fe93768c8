;; In the ABI, not in this version.
;; = import `probe1.req` `user` is not available in this version yet
;; = hint: `docs/ABI.md` says which imports this version has
(module (import "probe1.req" "user" (func (result i64))) (func (export "fn:a.b:entry")))
