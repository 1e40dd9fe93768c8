;; Code that would run by itself.
;; = module has a start section, expected none
;; = hint: export `_initialize` for what must run once
(module (func $f) (start $f) (func (export "fn:a.b:entry")))
