;; A field whose name moves the cursor.
;; = import `probe1.field` `a\u{1b}[2J`: expected a name without control characters
(module (import "probe1.field" "a\1b[2J" (func (param i64))) (func (export "fn:a.b:entry")))
