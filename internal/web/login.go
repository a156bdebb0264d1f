package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	loginPath  = "/login"
	cookieName = "imgwatchd_pass"
	passTime   = 30 * 24 * time.Hour // for which a login holds
	maxLogin   = 4 << 10             // bytes of the form
)

// loginRoute takes the token from a form and gives a pass for it, as a cookie.
func (s *Server) loginRoute(d *Door) route {
	return route{"POST", loginPath, func(w http.ResponseWriter, r *http.Request) {
		err := d.login(w, r, time.Now())
		if err == nil {
			if !forPeople(r) {
				writeJSON(w, http.StatusOK, Health{OK: true})
				return
			}
			seeOther(w, "/")
			return
		}
		s.refuseLogin(w, r, err)
	}}
}

// login checks the token of a form.
func (d *Door) login(w http.ResponseWriter, r *http.Request, now time.Time) error {
	token := d.rule.Load().Token
	r.Body = http.MaxBytesReader(w, r.Body, maxLogin)
	form, err := readForm(w, r, "token")
	if err != nil || token == "" {
		return err
	}
	if err := d.try(r, strings.TrimSpace(form.Get("token")), token, now); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: newPass(token, now), Path: "/", MaxAge: int(passTime / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(r.Header.Get("Origin"), "https://"), // a proxy may speak TLS for us
	})
	return nil
}

// refuseLogin shows the form once more, with what was wrong.
func (s *Server) refuseLogin(w http.ResponseWriter, r *http.Request, err error) {
	var late *lockedError
	if errors.As(err, &late) {
		late.head(w)
	}
	s.tellGuess(r, err)
	form, hasForm := s.Page.(interface {
		Login(w http.ResponseWriter, failed string)
	})
	if hasForm && forPeople(r) {
		form.Login(w, err.Error())
		return
	}
	writeError(w, statusOf(err), err)
}

// A pass is the time at which it ends and a seal that only who knows the token can make.
// So nothing needs to be remembered of those who have logged in.
func newPass(token string, now time.Time) string {
	until := strconv.FormatInt(now.Add(passTime).Unix(), 10)
	return until + "." + seal(until, token)
}

func validPass(pass, token string, now time.Time) bool {
	until, sealed, ok := strings.Cut(pass, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	return ok && err == nil && now.Unix() < seconds && equal(sealed, seal(until, token))
}

func seal(until, token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("imgwatchd pass until " + until))
	return hex.EncodeToString(mac.Sum(nil))
}
