package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// recording is a cycle's requests, as the simulator got them from an engine. The names of the
// objects are {volume}, {snapshot} and {clone}.
type recording struct {
	URL      string             `json:"url"`
	CAFile   string             `json:"ca_file"`
	User     string             `json:"user"`
	Password string             `json:"password_file"`
	Steps    [][]recordedOnWire `json:"steps"`
}

type recordedOnWire struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   string `json:"body"`
	Status int    `json:"status"`
}

type bareClient struct {
	recording
	client  *http.Client
	session string
}

// bareSteps returns the requests of each operation of the cycle, sent by net/http, and a function
// that closes the connections.
func bareSteps(path string, callers int) ([]step, func() error, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	b := &bareClient{}
	if err := json.Unmarshal(text, &b.recording); err != nil {
		return nil, nil, err
	}
	pem, err := os.ReadFile(b.CAFile)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots},
		MaxIdleConns:        callers,
		MaxIdleConnsPerHost: callers,
		MaxConnsPerHost:     callers,
	}
	b.client = &http.Client{Transport: transport}
	if err := b.login(); err != nil {
		return nil, nil, err
	}
	var steps []step
	for _, requests := range b.Steps {
		steps = append(steps, func(n names) error { return b.send(requests, n) })
	}
	return steps, func() error { transport.CloseIdleConnections(); return nil }, nil
}

func (b *bareClient) login() error {
	password, err := os.ReadFile(b.Password)
	if err != nil {
		return err
	}
	request, err := http.NewRequest("POST", b.URL+"/api/access/v1", nil)
	if err != nil {
		return err
	}
	request.Header.Set("X-Auth-User", b.User)
	request.Header.Set("X-Auth-Key", string(password))
	response, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	b.session = response.Header.Get("X-Auth-Session")
	if err == nil && b.session == "" {
		err = errors.New("the login gave no session: " + response.Status)
	}
	return err
}

func (b *bareClient) send(requests []recordedOnWire, n names) error {
	replacer := strings.NewReplacer("{volume}", n.volume, "{snapshot}", n.snapshot, "{clone}", n.clone)
	for _, one := range requests {
		var body io.Reader
		if one.Body != "" {
			body = strings.NewReader(replacer.Replace(one.Body))
		}
		request, err := http.NewRequest(one.Method, b.URL+replacer.Replace(one.Path), body)
		if err != nil {
			return err
		}
		request.Header.Set("X-Auth-Session", b.session)
		request.Header.Set("Accept", "application/json")
		if body != nil {
			request.Header.Set("Content-Type", "application/json")
		}
		response, err := b.client.Do(request)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return err
		}
		if response.StatusCode != one.Status {
			return fmt.Errorf("%s %s: %s, not %d: %s", one.Method, one.Path, response.Status, one.Status, text)
		}
		var answer any
		if len(text) > 0 {
			if err := json.Unmarshal(text, &answer); err != nil {
				return err
			}
		}
	}
	return nil
}
