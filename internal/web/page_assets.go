package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"time"
)

// assets are the files of the page. The templates are among them but not served.
//
//go:embed page
var assets embed.FS

// An asset is a file that the page loads.
type asset struct {
	kind string // content type
	data []byte
	sum  string
}

var served = map[string]asset{
	"page.css": loadAsset("page.css", "text/css; charset=utf-8"),
	"page.js":  loadAsset("page.js", "text/javascript; charset=utf-8"),
	"icon.svg": loadAsset("icon.svg", "image/svg+xml"),
}

func loadAsset(name, kind string) asset {
	data, err := assets.ReadFile(path.Join("page", name))
	if err != nil {
		panic(err) // it is embedded, or the program does not compile
	}
	sum := sha256.Sum256(data)
	return asset{kind, data, hex.EncodeToString(sum[:8])}
}

// assetAddress returns where the page finds an asset: an address of this version of it.
func assetAddress(name string) string { return "/static/" + name + "?v=" + served[name].sum }

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := served[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", `"`+a.sum+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.sum {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.data))
}
