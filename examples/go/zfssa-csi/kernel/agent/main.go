// Command agent serves the tests inside the test machine: it runs commands, and connects callers to
// the socket of the CSI driver.
//
// The machine is behind a network that lets it reach its host, and not the other way round. So the
// agent opens the connections: it keeps one open to the test at all times, on which the test sends
// its request when it has one.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"strings"
)

// A request is the first line of a connection.
type request struct {
	// Socket is the unix socket that the rest of the connection is carried to. Empty: Command is run.
	Socket string `json:"socket,omitempty"`
	// Command is a program with its arguments, and Input its standard input.
	Command []string `json:"command,omitempty"`
	Input   []byte   `json:"input,omitempty"`
}

// An answer tells what came of a command.
type answer struct {
	// Output is standard output, and Errors standard error.
	Output []byte `json:"output"`
	Errors []byte `json:"errors"`
	// Code is the exit code: -1 if the program was killed, or could not be run for the reason in Errors.
	Code int `json:"code"`
}

func main() {
	log.SetPrefix("agent: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: agent HOST:PORT")
	}
	for {
		connection, err := net.Dial("tcp", os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		reader := bufio.NewReader(connection)
		line, err := reader.ReadBytes('\n')
		if err != nil {
			log.Fatalf("the test is gone: %v", err)
		}
		go func() {
			defer connection.Close()
			if err := serve(connection, reader, line); err != nil {
				log.Print(err)
			}
		}()
	}
}

func serve(connection net.Conn, rest io.Reader, line []byte) error {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("request %q: %w", line, err)
	}
	if r.Socket == "" {
		return json.NewEncoder(connection).Encode(run(r))
	}
	driver, err := net.Dial("unix", r.Socket)
	if err != nil {
		return err
	}
	defer driver.Close()
	// The end of either direction is the end of the connection.
	ended := make(chan error, 2)
	go func() { _, err := io.Copy(driver, rest); ended <- err }()
	go func() { _, err := io.Copy(connection, driver); ended <- err }()
	return <-ended
}

func run(r request) answer {
	var output, errorsOutput strings.Builder
	command := exec.Command(r.Command[0], r.Command[1:]...)
	command.Stdin = strings.NewReader(string(r.Input))
	command.Stdout, command.Stderr = &output, &errorsOutput
	err := command.Run()
	a := answer{Output: []byte(output.String()), Errors: []byte(errorsOutput.String())}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		a.Code = exit.ExitCode()
	case err != nil:
		a.Code, a.Errors = -1, []byte(err.Error())
	}
	return a
}
