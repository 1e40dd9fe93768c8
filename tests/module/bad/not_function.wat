;; Only functions fire.
;; = export `fn:a.b:entry` is a memory, expected a function
(module (memory (export "fn:a.b:entry") 1))
