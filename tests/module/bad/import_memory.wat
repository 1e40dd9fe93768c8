;; A memory from outside.
;; = import `env` `memory` is a memory, expected a function
(module (import "env" "memory" (memory 1)) (func (export "fn:a.b:entry")))
