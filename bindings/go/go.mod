module github.com/libzfssa/libzfssa/bindings/go

go 1.24
