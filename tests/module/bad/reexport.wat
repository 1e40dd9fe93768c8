;; An import handed on.
;; = export `fn:a.b:entry` is an import handed on, expected a function of the module itself
(module (import "probe1" "emit" (func $emit (result i32))) (export "fn:a.b:entry" (func $emit)))
