;; A malformed path is found at load.
;; = import `probe1.get` `arg0.user[`: expected a whole number or a quoted key at byte 10 of path `arg0.user[`
(module (import "probe1.get" "arg0.user[" (func (result i64))) (func (export "fn:a.b:entry")))
