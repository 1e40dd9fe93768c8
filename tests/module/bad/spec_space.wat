;; One word.
;; = export `fn:a.b: entry`: expected no whitespace, found ' ' at byte 7 of spec `fn:a.b: entry`
;; = hint: a spec is one word; in identifiers write it without spaces
(module (func (export "fn:a.b: entry")))
