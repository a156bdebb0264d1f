package hooks

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// post sends an event to a server.
func post(t *testing.T, h Hook) verdict {
	t.Helper()
	w := newWebhook(h.applyDefaults(), "1.2")
	defer w.close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return w.send(ctx, odd())
}

func serve(t *testing.T, answer http.HandlerFunc) (url string) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func TestWebhookIsTold(t *testing.T) {
	var got *http.Request
	var body []byte
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	if v := post(t, Hook{Webhook: url + "/in?token=x"}); v.result != Delivered || v.err != nil {
		t.Fatalf("%+v", v)
	}
	id := got.Header.Get("Webhook-Id")
	if got.Method != "POST" || got.URL.String() != "/in?token=x" || !strings.Contains(string(body), `"id":"`+id+`"`) {
		t.Errorf("%s %s with ID %q: %s", got.Method, got.URL, id, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "imgwatchd/1.2", "Idempotency-Key": id, "Webhook-Signature": "",
	} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
}

func TestStatus(t *testing.T) {
	for code, want := range map[int]verdict{
		200: {result: Delivered}, 202: {result: Delivered}, 204: {result: Delivered},
		301: {result: Delayed}, 307: {result: Delayed}, 304: {result: Delayed},
		400: {result: Failed, healthy: true}, 409: {result: Failed, healthy: true}, 410: {result: Failed, healthy: true},
		413: {result: Failed, healthy: true}, 415: {result: Failed, healthy: true}, 422: {result: Failed, healthy: true},
		401: {result: Delayed}, 403: {result: Delayed}, 404: {result: Delayed}, 405: {result: Delayed}, 407: {result: Delayed},
		408: {result: Delayed}, 425: {result: Delayed}, 429: {result: Delayed},
		500: {result: Delayed}, 502: {result: Delayed}, 503: {result: Delayed}, 507: {result: Delayed}, 599: {result: Delayed},
	} {
		got := judgeStatus(code)
		if got.result != want.result || got.healthy != want.healthy || got.unmade || (got.err == nil) != (want.result == Delivered) {
			t.Errorf("%d: %+v, want %+v", code, got, want)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the event went elsewhere") })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	v := post(t, Hook{Webhook: url})
	if v.result != Delayed || !strings.Contains(v.err.Error(), "server answers 307 Temporary Redirect: redirects are not followed") {
		t.Errorf("%+v", v)
	}
}

// TestServerFloods has an answer that never ends.
func TestServerFloods(t *testing.T) {
	for _, code := range []int{200, 500} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(code)
			for r.Context().Err() == nil {
				fmt.Fprintln(w, strings.Repeat("flood ", 1000))
			}
		})
		v := post(t, Hook{Webhook: url})
		if want := judgeStatus(code).result; v.result != want || len(v.output) > maxTail+len("…") {
			t.Errorf("%d: %s, %v, %d bytes of output", code, v.result, v.err, len(v.output))
		}
	}
}

// TestServerFloodsHeaders has an answer whose head never ends.
func TestServerFloodsHeaders(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
		}
	})
	if v := post(t, Hook{Webhook: url}); v.result != Delayed || v.err == nil {
		t.Errorf("%+v", v)
	}
}

func TestServerHangs(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"before its answer": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"within its answer": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWebhook(Hook{Webhook: serve(t, answer)}.applyDefaults(), "")
			defer w.close()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if v := w.send(ctx, odd()); v.result != Delayed || v.err == nil {
				t.Errorf("%+v", v)
			}
		})
	}
}

// TestErrorsKeepTheAddressSecret looks at what goes into the log.
func TestErrorsKeepTheAddressSecret(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, url := range []string{gone.URL + "/geheim", "https://u:geheim@127.0.0.1:1/", "http://127.0.0.1:1/\x7fgeheim"} {
		v := post(t, Hook{Webhook: url})
		if v.result != Delayed || v.err == nil || strings.Contains(v.err.Error(), "geheim") {
			t.Errorf("%+v", v)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "-5": 0, "1.5": 0, "soon": 0, "999999999999999999999": 0,
		"86400":                         time.Hour,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute,
		"Fri, 02 Jan 2026 03:04:00 GMT": 0,
		"Fri, 02 Jan 2099 03:04:00 GMT": time.Hour,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestServerAsksToWait(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "77")
		http.Error(w, "too much", http.StatusTooManyRequests)
	})
	if v := post(t, Hook{Webhook: url}); v.result != Delayed || v.wait != 77*time.Second || v.output != "too much" {
		t.Errorf("%+v", v)
	}
}

// TestSignatureOfOthers is a signature that the libraries of Standard Webhooks make.
func TestSignatureOfOthers(t *testing.T) {
	key, err := readKey([]byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		t.Fatal(err)
	}
	got := sign([][]byte{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// hmacByHand is HMAC-SHA256 as RFC 2104 writes it down.
func hmacByHand(key, text []byte) []byte {
	pad := func(x byte) []byte {
		block := make([]byte, 64)
		if len(key) > 64 {
			sum := sha256.Sum256(key)
			copy(block, sum[:])
		} else {
			copy(block, key)
		}
		for i := range block {
			block[i] ^= x
		}
		return block
	}
	inner := sha256.Sum256(append(pad(0x36), text...))
	outer := sha256.Sum256(append(pad(0x5c), inner[:]...))
	return outer[:]
}

// TestSignature verifies what a server gets, under each of two keys, and that a reload
// takes others.
func TestSignature(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	first, second := strings.Repeat("first", 20), "the second of two keys"
	var head http.Header
	var body []byte
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		head = r.Header
		body, _ = io.ReadAll(r.Body)
	})
	want := func(key string) string {
		text := head.Get("Webhook-Id") + "." + head.Get("Webhook-Timestamp") + "." + string(body)
		return "v1," + base64.StdEncoding.EncodeToString(hmacByHand([]byte(key), []byte(text)))
	}
	if err := os.WriteFile(file, []byte(first+"\r\n\n"+second+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v := post(t, Hook{Webhook: url, SecretFile: file}); v.result != Delivered {
		t.Fatalf("%+v", v)
	}
	if got := head.Get("Webhook-Signature"); got != want(first)+" "+want(second) {
		t.Errorf("signed %s", got)
	}
	if err := os.WriteFile(file, []byte(second), 0o600); err != nil {
		t.Fatal(err)
	}
	if v := post(t, Hook{Webhook: url, SecretFile: file}); v.result != Delivered || head.Get("Webhook-Signature") != want(second) {
		t.Errorf("%+v, signed %s", v, head.Get("Webhook-Signature"))
	}
}

// TestNothingIsSentUnsigned when it should be signed.
func TestNothingIsSentUnsigned(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	v := post(t, Hook{Webhook: url, SecretFile: filepath.Join(t.TempDir(), "none")})
	if v.result != Delayed || !v.unmade || v.err == nil {
		t.Errorf("%+v", v)
	}
}

func TestReadSecret(t *testing.T) {
	for _, test := range []struct{ name, text, want, fault string }{
		{"plain", "0123456789abcdef\n", "0123456789abcdef", ""},
		{"spaces belong to it", " 0123456789abcdef \n", " 0123456789abcdef ", ""},
		{"base64", "whsec_" + base64.StdEncoding.EncodeToString([]byte("\x00123456789abcdef")), "\x00123456789abcdef", ""},
		{"empty", "\n\n", "", "is empty"},
		{"short", "12345", "", "a key of 5 bytes is too short"},
		{"no base64", "whsec_geheim!", "", "what follows whsec_ is not base64"},
		{"large", strings.Repeat("x", maxSecret+1), "", "is larger than"},
	} {
		file := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		keys, err := ReadSecret(file)
		switch {
		case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "geheim")):
			t.Errorf("%s: %v", test.name, err)
		case test.fault == "" && (err != nil || len(keys) != 1 || string(keys[0]) != test.want):
			t.Errorf("%s: %q, %v", test.name, keys, err)
		}
	}
}

// TestByHand holds the computation that signatures are compared with to a known value.
func TestByHand(t *testing.T) {
	if sum := hex.EncodeToString(hmacByHand(nil, nil)); sum != "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" {
		t.Errorf("HMAC of nothing is %s", sum)
	}
}

// TestSecretIsNoPipe has a pipe stand where the secret is to be, which nobody writes to.
func TestSecretIsNoPipe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := unix.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if keys, err := ReadSecret(file); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%q, %v", keys, err)
	}
}
