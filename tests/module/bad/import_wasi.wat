;; Only the stubs are there.
;; = import `wasi_snapshot_preview1` `path_open` is not known to this version
;; = hint: of WASI nothing is real; `wasi_snapshot_preview1` has stubs for args_get, args_sizes_get, clock_time_get, environ_get, environ_sizes_get, fd_advise, fd_allocate, fd_close, fd_datasync, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights, fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, fd_pread, fd_prestat_dir_name, fd_prestat_get, fd_pwrite, fd_read, fd_readdir, fd_renumber, fd_seek, fd_sync, fd_tell, fd_write, poll_oneoff, proc_exit, random_get, sched_yield
(module (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))) (func (export "fn:a.b:entry")))
