;; The prefix is a promise.
;; = export `probe_fm_a_b_entry`: expected provider `fn`, `begin`, `end` or `tick`, found `fm` at byte 0 of spec `fm:a.b:entry`
;; = hint: did you mean `fn`?
(module (func (export "probe_fm_a_b_entry")))
