'use strict'
// The reader of an archive: it knows what stands in this page, and the files that are chosen. It asks no network: the
// page's policy forbids it, and nothing here would.
const PAGE = 100
const FOUND_MOST = 1000
const tables = new Map()
let shown = null
let rows = []
let from = 0
let sorted = { by: '', down: false }

function element(name, text, attributes = {}) {
  const made = document.createElement(name)
  made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function at(id) {
  return document.getElementById(id)
}

function words(value) {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function parse(line, into) {
  if (!line.trim()) return
  try {
    into.push(JSON.parse(line))
  } catch {
    into.push({ unreadable: line.slice(0, 200) })
  }
}

function columns(list) {
  const names = new Set()
  for (const row of list.slice(0, PAGE)) for (const name of Object.keys(row)) names.add(name)
  return [...names]
}

function fits(row, part) {
  return !part || JSON.stringify(row).toLowerCase().includes(part)
}

function compare(a, b) {
  const left = a[sorted.by]
  const right = b[sorted.by]
  const order =
    typeof left === 'number' && typeof right === 'number' ? left - right : words(left).localeCompare(words(right))
  return sorted.down ? -order : order
}

function headOf(names) {
  const row = element('tr', '')
  for (const name of names) {
    const cell = element('th', '', { scope: 'col' })
    if (name === sorted.by) cell.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending')
    const button = element('button', name, { type: 'button' })
    button.addEventListener('click', () => {
      sorted = { by: name, down: sorted.by === name && !sorted.down }
      look()
    })
    cell.append(button)
    row.append(cell)
  }
  const head = element('thead', '')
  head.append(row)
  return head
}

// The name of a recording in this archive, and nothing else, becomes a link.
function cellOf(name, value) {
  const cell = element('td', '')
  if (name !== 'file' || !/^recordings\/rec_[a-z2-7]+\.mp4$/.test(words(value))) {
    cell.textContent = words(value)
    return cell
  }
  const button = element('button', 'Play', { type: 'button' })
  button.addEventListener('click', () => play(value))
  cell.append(button, ' ', element('a', value, { href: value }))
  return cell
}

function play(file) {
  at('player').hidden = false
  at('played').textContent = file
  at('video').src = file
  at('video').focus()
}

function show() {
  const names = columns(rows)
  const body = element('tbody', '')
  for (const row of rows.slice(from, from + PAGE)) {
    const line = element('tr', '')
    for (const name of names) line.append(cellOf(name, row[name]))
    body.append(line)
  }
  at('table').replaceChildren(headOf(names), body)
  const last = Math.min(from + PAGE, rows.length)
  const held = shown.total > shown.list.length ? `, of ${shown.total} in the archive: choose its files below for the others` : ''
  at('count').textContent = rows.length ? `${from + 1} to ${last} of ${rows.length}${held}` : `nothing${held}`
  at('before').disabled = from === 0
  at('next').disabled = last >= rows.length
}

function look() {
  const part = at('part').value.trim().toLowerCase()
  rows = shown.list.filter((row) => fits(row, part))
  if (sorted.by) rows.sort(compare)
  from = 0
  show()
}

function choose(name) {
  shown = tables.get(name)
  sorted = { by: '', down: false }
  at('title').textContent = name
  for (const button of at('tables').children) button.setAttribute('aria-pressed', String(button.dataset.name === name))
  look()
}

function offer(name, list, total) {
  tables.set(name, { list, total })
  const known = [...at('tables').children].find((button) => button.dataset.name === name)
  const button = known ?? element('button', '', { type: 'button', 'data-name': name })
  button.textContent = `${name} (${total})`
  if (known) return
  button.addEventListener('click', () => choose(name))
  at('tables').append(button)
}

// A file may be larger than memory: it is read piece by piece, and what fits the search is kept, so many rows at most.
async function readFile(file, part, list) {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    const lines = (rest + (value ?? '')).split('\n')
    rest = done ? '' : lines.pop()
    for (const line of lines)
      if (list.length < FOUND_MOST && (!part || line.toLowerCase().includes(part))) parse(line, list)
    if (done || list.length >= FOUND_MOST) return reader.cancel()
  }
}

async function readFiles(files) {
  const part = at('part').value.trim().toLowerCase()
  for (const file of files) {
    const list = []
    at('state').textContent = `reading ${file.name} …`
    await readFile(file, part, list)
    offer(file.name, list, list.length)
    choose(file.name)
    at('state').textContent =
      list.length >= FOUND_MOST ? `the first ${FOUND_MOST} rows that fit: search for less` : `${list.length} rows`
  }
}

function start() {
  for (const block of document.querySelectorAll('script[type="application/x-ndjson"]')) {
    const list = []
    for (const line of block.textContent.split('\n')) parse(line, list)
    offer(block.dataset.name, list, Number(block.dataset.records))
  }
  at('part').addEventListener('input', look)
  at('before').addEventListener('click', () => ((from -= PAGE), show()))
  at('next').addEventListener('click', () => ((from += PAGE), show()))
  at('video').addEventListener('error', () => {
    at('played').textContent = `${at('video').getAttribute('src')} cannot be played here: unpack all of the archive, and open this page in its folder`
  })
  at('files').addEventListener('change', (event) => readFiles(event.target.files))
  const first = tables.keys().next()
  if (!first.done) choose(first.value)
}

start()
