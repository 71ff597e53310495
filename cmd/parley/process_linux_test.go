package main

import (
	"os/exec"
	"syscall"
)

// tie makes the program end with the test binary, however that ends.
func tie(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
