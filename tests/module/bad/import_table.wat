;; A table from outside.
;; = import `env` `table` is a table, expected a function
(module (import "env" "table" (table 1 funcref)) (func (export "fn:a.b:entry")))
