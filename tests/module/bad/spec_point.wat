;; An attach point that almost is one.
;; = export `fn:a.b:enter`: expected point `entry`, `exit`, `return` or `raise`, found `enter` at byte 7 of spec `fn:a.b:enter`
;; = hint: did you mean `entry`?
(module (func (export "fn:a.b:enter")))
