;; A program.
;; = export `_start` makes this a program, expected a library
;; = hint: build a reactor: Rust `crate-type = ["cdylib"]`, C `-Wl,--no-entry` or `-mexec-model=reactor`, Go `-buildmode=c-shared`, Zig `-fno-entry`
(module (func (export "_start")) (func (export "fn:a.b:entry")))
