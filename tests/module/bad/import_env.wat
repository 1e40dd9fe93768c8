;; What a linker leaves when a symbol is missing.
;; = import `env` `puts` is not known to this version
;; = hint: the linker left this symbol to the host; define it, or declare it as an import of `probe1`
(module (import "env" "puts" (func (param i32) (result i32))) (func (export "fn:a.b:entry")))
