;; at: second=fn:given.wins:entry
;; The custom section says it for the module; the operator's word goes first.
;; = first is fn:a.b:entry args []
;; = second is fn:given.wins:entry args []
(module (func (export "first")) (func (export "second"))
  (@custom "probe1.at" "first=fn:a.b:entry\nsecond=fn:a.c:entry\n"))
