;; Neither form of a module.
;; = module text is not understood: expected `(`
hello
