// Asks siteverify about one token: go run verify.go TOKEN HOSTNAME
package main

import (
	"fmt"
	"strings"
)

// [verify]
import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"time"
)

// Verdict is "passed", "refused" or "unreachable", and codes.
type Verdict struct {
	Outcome string
	Codes   []string
}

var tokenSigns = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

var client = &http.Client{
	Timeout: 5 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

// Verify tells whether the visitor of a page on hostname has passed; remoteIP may be empty.
func Verify(token, hostname, remoteIP string) Verdict {
	if token == "" {
		return Verdict{"refused", []string{"missing-input-response"}}
	}
	// What cannot be a token is not sent, so that a visitor cannot fake a network failure.
	if len(token) > 2048 || !tokenSigns.MatchString(token) {
		return Verdict{"refused", []string{"invalid-input-response"}}
	}
	fields := url.Values{"secret": {os.Getenv("MUNJIGI_SECRET")}, "response": {token}}
	if remoteIP != "" {
		fields.Set("remoteip", remoteIP)
	}
	answer, err := client.PostForm(os.Getenv("MUNJIGI_SITEVERIFY"), fields)
	if err != nil {
		return Verdict{Outcome: "unreachable"}
	}
	defer answer.Body.Close()
	var result struct {
		Success    *bool    `json:"success"`
		Hostname   string   `json:"hostname"`
		ErrorCodes []string `json:"error-codes"`
	}
	err = json.NewDecoder(answer.Body).Decode(&result)
	// 429 and 503 say "later"; every verdict has status 200.
	if err != nil || answer.StatusCode != http.StatusOK || result.Success == nil {
		return Verdict{Outcome: "unreachable"}
	}
	if !*result.Success {
		return Verdict{"refused", result.ErrorCodes}
	}
	// A form that has an action compares it here too.
	if result.Hostname != hostname {
		return Verdict{"refused", []string{"hostname-mismatch"}}
	}
	return Verdict{Outcome: "passed"}
}

// [/verify]

func main() {
	words := append(os.Args[1:], "", "")
	verdict := Verify(words[0], words[1], "")
	fmt.Println(strings.Join(append([]string{verdict.Outcome}, verdict.Codes...), " "))
	os.Exit(map[string]int{"passed": 0, "refused": 1, "unreachable": 2}[verdict.Outcome])
}
