// SPDX-License-Identifier: Apache-2.0

// An independent reading of our logs, by code of other people: golang.org/x/mod/sumdb, as Debian packages it. It shares
// nothing with the product, so that a fault of ours in writing cannot hide behind the same fault in reading.
//
//	checker note VKEY NOTE            checker cosigned VKEY WITNESS NOTE      checker log VKEY DIR
//	checker proof VKEY ENTRY FILE     checker growth VKEY OLD-CHECKPOINT ASK   checker sign NAME
//
// The status is 1, with a reason, where what was looked at does not hold.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tree struct {
	origin string
	size   int64
	root   tlog.Hash
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func refuse(format string, a ...interface{}) { check(fmt.Errorf(format, a...)) }

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err)
	return data
}

func hash(line string) tlog.Hash {
	h, err := tlog.ParseHash(line)
	check(err)
	return h
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	check(err)
	return n
}

// The witness's kind of signature: the library knows only the log's.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func newCosigner(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		refuse("not a key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	id := binary.BigEndian.Uint32(sum[:])
	if len(key) != 33 || key[0] != 4 || fmt.Sprintf("%08x", id) != parts[1] {
		refuse("not the key of a witness")
	}
	return cosigner{parts[0], id, key[1:]}
}

func open(data []byte, verifiers ...note.Verifier) tree {
	n, err := note.Open(data, note.VerifierList(verifiers...))
	check(err)
	if len(n.Sigs) != len(verifiers) {
		refuse("%d of %d signatures", len(n.Sigs), len(verifiers))
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		refuse("not a checkpoint")
	}
	return tree{lines[0], number(lines[1]), hash(lines[2])}
}

func verifier(vkey string) note.Verifier {
	v, err := note.NewVerifier(vkey)
	check(err)
	return v
}

// The file of a tile, of the width that it has in a log of this size.
func tile(dir, level string, index, size int64) []byte {
	path := fmt.Sprintf("%03d", index%1000)
	for n := index / 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width := size - index*256; width < 256 {
		path += fmt.Sprintf(".p/%d", width)
	}
	return read(filepath.Join(dir, "tile", level, path))
}

// Every entry of the log becomes a leaf; the library builds the tree over them.
func log(dir string, want tree) {
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			out[i] = hashes[at]
		}
		return out, nil
	})
	for index := int64(0); index*256 < want.size; index++ {
		rest, leaves := tile(dir, "entries", index, want.size), []byte{}
		for at := index * 256; at < want.size && at < (index+1)*256; at++ {
			if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
				refuse("entry %d is cut short", at)
			}
			entry := rest[2 : 2+binary.BigEndian.Uint16(rest)]
			rest = rest[2+len(entry):]
			leaf := tlog.RecordHash(entry)
			leaves = append(leaves, leaf[:]...)
			more, err := tlog.StoredHashes(at, entry, reader)
			check(err)
			hashes = append(hashes, more...)
		}
		if len(rest) != 0 || !bytes.Equal(leaves, tile(dir, "0", index, want.size)) {
			refuse("tile %d is not that of its entries", index)
		}
	}
	root, err := tlog.TreeHash(want.size, reader)
	check(err)
	if root != want.root {
		refuse("another root than the signed one")
	}
}

// The lines of hashes up to the empty one, and what stands behind that.
func hashesOf(text string) (out []tlog.Hash, rest string) {
	for {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			refuse("no empty line")
		}
		if i == 0 {
			return out, text[1:]
		}
		out = append(out, hash(text[:i]))
		text = text[i+1:]
	}
}

func cutLine(text, prefix string) (value, rest string) {
	i := strings.IndexByte(text, '\n')
	if i < 0 || !strings.HasPrefix(text, prefix) {
		refuse("no line %q", prefix)
	}
	return text[len(prefix):i], text[i+1:]
}

func proof(vkey string, entry []byte, file string) {
	_, file = cutLine(file, "c2sp.org/tlog-proof@v1")
	index, file := cutLine(file, "index ")
	hashes, rest := hashesOf(file)
	t := open([]byte(rest), verifier(vkey))
	check(tlog.CheckRecord(hashes, t.size, t.root, number(index), tlog.RecordHash(entry)))
}

func growth(vkey string, old tree, ask string) {
	size, ask := cutLine(ask, "old ")
	hashes, rest := hashesOf(ask)
	t := open([]byte(rest), verifier(vkey))
	if number(size) != old.size {
		refuse("another old size")
	}
	check(tlog.CheckTree(hashes, t.size, t.root, old.size, old.root))
}

// A key and a checkpoint of the library's own making.
func sign(name string) {
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	check(err)
	signer, err := note.NewSigner(skey)
	check(err)
	root := tlog.RecordHash([]byte("the only entry"))
	msg, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n1\n%s\n", name, root)}, signer)
	check(err)
	fmt.Printf("%s\n%s", vkey, msg)
}

func main() {
	args := append(os.Args[1:], "", "", "", "")
	switch args[0] {
	case "note":
		open(read(args[2]), verifier(args[1]))
	case "cosigned":
		open(read(args[3]), verifier(args[1]), newCosigner(args[2]))
	case "log":
		log(args[2], open(read(filepath.Join(args[2], "checkpoint")), verifier(args[1])))
	case "proof":
		proof(args[1], read(args[2]), string(read(args[3])))
	case "growth":
		growth(args[1], open(read(args[2]), verifier(args[1])), string(read(args[3])))
	case "sign":
		sign(args[1])
	default:
		refuse("no such command")
	}
}
