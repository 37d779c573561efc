// A web app in Go, with net/http alone. It listens where tako says, and on port 3000 without it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page)
	mux.HandleFunc("GET /api/hello", hello)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	listener, err := net.Listen("tcp", net.JoinHostPort(variable("HOST", "127.0.0.1"), variable("PORT", "3000")))
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s", listener.Addr())
	go endInOrder(server)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-ended
}

func page(response http.ResponseWriter, _ *http.Request) {
	response.Header().Set("content-type", "text/html; charset=utf-8")
	fmt.Fprintf(response, "<!doctype html>\n<title>{{name}}</title>\n<h1>Hello from {{name}}</h1>\n<p>Go in %s</p>\n",
		variable("ENV", "development"))
}

func hello(response http.ResponseWriter, _ *http.Request) {
	response.Header().Set("content-type", "application/json")
	fmt.Fprintf(response, "{\"hello\": \"world\", \"build\": %q}\n", variable("TAKO_BUILD", "local"))
}

var ended = make(chan struct{})

// Requests under way are answered before it ends.
func endInOrder(server *http.Server) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	deadline, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		log.Print(err)
	}
	close(ended)
}

func variable(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
