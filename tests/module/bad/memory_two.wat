;; One memory.
;; = module is not valid: multiple memories (byte 20)
(module (memory 1) (memory 1) (func (export "fn:a.b:entry")))
