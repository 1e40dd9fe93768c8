;; One word.
;; = export `fn:a.b: entry`: expected no whitespace or control character, found ' ' at byte 7 of spec `fn:a.b: entry`
;; = hint: a spec is one word, without spaces around its parts
(module (func (export "fn:a.b: entry")))
