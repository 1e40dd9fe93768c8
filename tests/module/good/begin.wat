;; What has no call has a probe all the same.
;; = begin is begin args []
;; = fn:a.b:entry is fn:a.b:entry args []
(module (func (export "begin")) (func (export "fn:a.b:entry")))
