;; A stub by another type.
;; = import `wasi_snapshot_preview1` `fd_seek` has type `(i32,i32,i32,i32)->i32`, expected `(i32,i64,i32,i32)->i32`
(module (import "wasi_snapshot_preview1" "fd_seek" (func (param i32 i32 i32 i32) (result i32))) (func (export "fn:a.b:entry")))
