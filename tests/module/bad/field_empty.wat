;; A field without a name.
;; = import `probe1.field` ``: expected a name, found nothing
(module (import "probe1.field" "" (func (param i64))) (func (export "fn:a.b:entry")))
