package pipeline

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

// TestNameThatStands looks at what each policy does with a file that stands
// under the name already and is nobody's.
func TestNameThatStands(t *testing.T) {
	for _, test := range []struct {
		policy Conflict
		state  job.State
		class  job.Class
		stays  bool
		out    []string
	}{
		{Overwrite, job.Done, "", false, []string{"a_thumb.jpg"}},
		{SkipTaken, job.Skipped, job.Exists, true, []string{"a_thumb.jpg"}},
		{FailTaken, job.Failed, job.Conflict, true, []string{"a_thumb.jpg"}},
		{Rename, job.Done, "", true, []string{"a_thumb.jpg", "a_thumb_1.jpg"}},
	} {
		t.Run(string(test.policy), func(t *testing.T) {
			b := newBench(t)
			b.folder.OnConflict = test.policy
			b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
			b.drop("../out/a_thumb.jpg", []byte("precious"))
			p := b.pipeline(nil)
			b.wantState(b.workOn(t.Context(), p, "a.jpg")["a.jpg"], test.state, test.class)
			b.wantFiles("out", test.out...)
			text, err := os.ReadFile(filepath.Join(b.folder.Output, "a_thumb.jpg"))
			if err != nil || (string(text) == "precious") != test.stays {
				t.Errorf("the file that stood there is %.20q, %v", text, err)
			}
			// The same source again comes to the same names.
			b.wantState(b.workOn(t.Context(), p, "a.jpg")["a.jpg"], test.state, test.class)
			b.wantFiles("out", test.out...)
		})
	}
}

// TestTwoSourcesOneName is the case of a.jpg beside a.png.
func TestTwoSourcesOneName(t *testing.T) {
	for _, policy := range []Conflict{Overwrite, SkipTaken, FailTaken} {
		t.Run(string(policy), func(t *testing.T) {
			b := newBench(t)
			b.folder.OnConflict = policy
			b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
			b.drop("a.png", picture(t, codec.PNG, 20, 10))
			p := b.pipeline(nil)
			b.wantState(b.workOn(t.Context(), p, "a.jpg")["a.jpg"], job.Done, "")
			before, err := os.ReadFile(filepath.Join(b.folder.Output, "a_thumb.jpg"))
			if err != nil {
				t.Fatal(err)
			}
			o := b.workOn(t.Context(), p, "a.png")["a.png"]
			b.wantState(o, job.Failed, job.Conflict)
			if !strings.Contains(o.Err.Error(), `"a.jpg"`) {
				t.Errorf("the reason does not name the other source: %v", o.Err)
			}
			after, err := os.ReadFile(filepath.Join(b.folder.Output, "a_thumb.jpg"))
			if err != nil || !bytes.Equal(before, after) {
				t.Error("the first source's rendition was touched")
			}
		})
	}
	t.Run("rename", func(t *testing.T) {
		b := newBench(t)
		b.folder.OnConflict = Rename
		b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
		b.drop("a.png", picture(t, codec.PNG, 20, 10))
		for _, o := range b.work("a.jpg", "a.png") {
			b.wantState(o, job.Done, "")
		}
		b.wantFiles("out", "a_thumb.jpg", "a_thumb_1.jpg")
	})
}

// TestOwnWorkAfterARestart comes to the same files again under every policy,
// though nothing is remembered.
func TestOwnWorkAfterARestart(t *testing.T) {
	for _, test := range []struct {
		policy Conflict
		state  job.State
		class  job.Class
	}{{Overwrite, job.Done, ""}, {SkipTaken, job.Skipped, job.Exists}, {FailTaken, job.Done, ""}, {Rename, job.Done, ""}} {
		t.Run(string(test.policy), func(t *testing.T) {
			b := newBench(t)
			b.folder.OnConflict = test.policy
			b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
			b.wantState(b.work("a.jpg")["a.jpg"], job.Done, "")
			b.wantState(b.work("a.jpg")["a.jpg"], test.state, test.class)
			b.wantFiles("out", "a_thumb.jpg")
		})
	}
}

// TestEditedPresetAfterAReload replaces what the source's renditions were before.
func TestEditedPresetAfterAReload(t *testing.T) {
	for _, policy := range []Conflict{Overwrite, SkipTaken, FailTaken, Rename} {
		t.Run(string(policy), func(t *testing.T) {
			b := newBench(t)
			b.folder.OnConflict = policy
			b.options.Claims = NewClaims()
			b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
			b.wantState(b.work("a.jpg")["a.jpg"], job.Done, "")
			b.folder.Presets[0].Steps = []render.Step{&render.Resize{Width: 9, Height: 9}}
			b.wantState(b.work("a.jpg")["a.jpg"], job.Done, "")
			b.wantFiles("out", "a_thumb.jpg")
			if got := b.sizeOf(filepath.Join(b.folder.Output, "a_thumb.jpg")); got != image.Pt(9, 9) {
				t.Errorf("the rendition is of %v", got)
			}
		})
	}
}

// TestNameUsedAgain drops another picture under the name of one that is done and
// gone, as cameras do.
func TestNameUsedAgain(t *testing.T) {
	for policy, want := range map[Conflict]struct {
		state job.State
		class job.Class
		out   []string
	}{
		Overwrite: {job.Done, "", []string{"IMG_1_thumb.jpg"}},
		SkipTaken: {job.Skipped, job.Exists, []string{"IMG_1_thumb.jpg"}},
		FailTaken: {job.Failed, job.Conflict, []string{"IMG_1_thumb.jpg"}},
		Rename:    {job.Done, "", []string{"IMG_1_thumb.jpg", "IMG_1_thumb_1.jpg"}},
	} {
		t.Run(string(policy), func(t *testing.T) {
			b := newBench(t)
			b.folder.OnConflict, b.folder.OnSuccess = policy, Delete
			p := b.pipeline(nil)
			b.drop("IMG_1.jpg", picture(t, codec.JPEG, 20, 20))
			b.wantState(b.workOn(t.Context(), p, "IMG_1.jpg")["IMG_1.jpg"], job.Done, "")
			b.drop("IMG_1.jpg", picture(t, codec.JPEG, 20, 10))
			b.wantState(b.workOn(t.Context(), p, "IMG_1.jpg")["IMG_1.jpg"], want.state, want.class)
			b.wantFiles("out", want.out...)
		})
	}
}

// TestFailedPublishKeepsNoName leaves the name to nobody: with it, the next try
// would replace what someone else puts there meanwhile.
func TestFailedPublishKeepsNoName(t *testing.T) {
	for _, policy := range []Conflict{Overwrite, SkipTaken, FailTaken, Rename} {
		b := newBench(t)
		b.folder.OnConflict = policy
		b.drop("../out/sub", nil) // a file where a folder would have to be
		b.drop("sub/a.jpg", picture(t, codec.JPEG, 20, 20))
		p := b.pipeline(nil)
		b.wantState(b.workOn(t.Context(), p, "sub/a.jpg")["sub/a.jpg"], job.Failed, job.Unsupported)
		if _, held := p.claims.holder(filepath.Join(b.folder.Output, "sub/a_thumb.jpg")); held {
			t.Errorf("%s: the name is held though nothing was published", policy)
		}
	}
}

// TestTwinsAtOnce lets two sources come to one name at the same moment, many times:
// one gets it, the other is told, whoever is first.
func TestTwinsAtOnce(t *testing.T) {
	for _, policy := range []Conflict{Overwrite, SkipTaken, FailTaken} {
		b := newBench(t)
		b.folder.OnConflict = policy
		var names []string
		for i := range 50 {
			for _, ext := range []string{"jpg", "jpeg"} {
				name := fmt.Sprintf("%d.%s", i, ext)
				b.drop(name, picture(t, codec.JPEG, 20, 8+len(ext)))
				names = append(names, name)
			}
		}
		got := b.work(names...)
		for i := range 50 {
			one, other := got[fmt.Sprintf("%d.jpg", i)], got[fmt.Sprintf("%d.jpeg", i)]
			if one.State == job.Failed {
				one, other = other, one
			}
			b.wantState(one, job.Done, "")
			b.wantState(other, job.Failed, job.Conflict)
			if out := filepath.Join(b.folder.Output, fmt.Sprintf("%d_thumb.jpg", i)); b.sizeOf(out) != image.Pt(one.Outputs[0].Width, one.Outputs[0].Height) {
				t.Errorf("%s is not what %q was told", out, one.Job.Path)
			}
		}
	}
}

// TestBadTwinTakesNoName looks at both at once, many times.
func TestBadTwinTakesNoName(t *testing.T) {
	b := newBench(t)
	whole := picture(t, codec.JPEG, 20, 20)
	b.drop("a.jpg", whole[:len(whole)-20])
	b.drop("a.png", picture(t, codec.PNG, 20, 10))
	for range 50 {
		got := b.work("a.jpg", "a.png")
		if got["a.jpg"].State != job.Failed { // for its bytes, or for its name if it came second
			t.Errorf("the bad one ended %s", got["a.jpg"].State)
		}
		b.wantState(got["a.png"], job.Done, "")
	}
}

// TestFailureGivesItsNameBack lets a good twin follow a bad one.
func TestFailureGivesItsNameBack(t *testing.T) {
	b := newBench(t)
	whole := picture(t, codec.JPEG, 20, 20)
	b.drop("a.jpg", whole[:len(whole)-20])
	b.drop("a.png", picture(t, codec.PNG, 20, 10))
	p := b.pipeline(nil)
	b.wantState(b.workOn(t.Context(), p, "a.jpg")["a.jpg"], job.Failed, job.Malformed)
	b.wantState(b.workOn(t.Context(), p, "a.png")["a.png"], job.Done, "")
}

func TestNeverOverItsOwnSource(t *testing.T) {
	b := newBench(t)
	b.folder.Output = b.folder.Root
	b.folder.Presets[0].Output.Name = "{stem}.{ext}"
	source := picture(t, codec.JPEG, 20, 20)
	b.drop("a.jpg", source)
	b.wantState(b.work("a.jpg")["a.jpg"], job.Failed, job.Conflict)
	after, err := os.ReadFile(filepath.Join(b.folder.Root, "a.jpg"))
	if err != nil || !bytes.Equal(source, after) {
		t.Error("the source was touched")
	}
}

func TestDirectoryUnderTheName(t *testing.T) {
	b := newBench(t)
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	b.drop("../out/a_thumb.jpg/inside", nil)
	b.wantState(b.work("a.jpg")["a.jpg"], job.Failed, job.Conflict)
}

func TestOutputLinkDoesNotEscape(t *testing.T) {
	b := newBench(t)
	elsewhere := t.TempDir()
	if err := os.Mkdir(b.folder.Output, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(b.folder.Output, "sub")); err != nil {
		t.Fatal(err)
	}
	b.drop("sub/a.jpg", picture(t, codec.JPEG, 20, 20))
	if o := b.work("sub/a.jpg")["sub/a.jpg"]; o.State == job.Done {
		t.Error("a rendition was published through a link out of the output folder")
	}
	if entries, err := os.ReadDir(elsewhere); err != nil || len(entries) > 0 {
		t.Errorf("outside holds %v, %v", entries, err)
	}
}

func TestHashInTheName(t *testing.T) {
	b := newBench(t)
	b.folder.Presets[0].Output.Name = "{hash}/{stem}-{width}x{height}.{ext}"
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 10))
	o := b.work("a.jpg")["a.jpg"]
	b.wantState(o, job.Done, "")
	b.wantFiles("out", o.Source.SHA256[:16]+"/a-16x8.jpg")
}
