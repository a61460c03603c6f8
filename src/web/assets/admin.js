// Copy buttons, the filter of the field mapping, and a metadata file read into its text area. Everything else
// works without this script, so what it serves is hidden until it runs.

const announcement = document.getElementById('announcement')

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false
  button.addEventListener('click', () => void copy(button))
}

async function copy(button) {
  const label = button.querySelector('.copy-label')
  const copied = await write(button.dataset.copy)
  label.textContent = copied ? 'Copied' : 'Press Ctrl+C'
  button.classList.toggle('copied', copied)
  if (!copied) select(button.previousElementSibling)
  // Emptied first, so that the same words are read out a second time.
  announcement.textContent = ''
  window.setTimeout(() => {
    announcement.textContent = copied ? `Copied: ${button.dataset.copy}` : 'Selected. Press Ctrl+C to copy.'
  }, 50)
  window.clearTimeout(button.timer)
  button.timer = window.setTimeout(() => {
    label.textContent = 'Copy'
    button.classList.remove('copied')
  }, 2000)
}

/** Without https browsers offer no clipboard; the old command still works in most of them. */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'visually-hidden'
    document.body.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    return copied
  }
}

function select(element) {
  const range = document.createRange()
  range.selectNodeContents(element)
  const selection = window.getSelection()
  selection.removeAllRanges()
  selection.addRange(range)
}

for (const filter of document.querySelectorAll('[data-filter]')) {
  filter.hidden = false
  const rows = document.querySelectorAll(`#${filter.dataset.filter} tbody tr:not(.group)`)
  const input = filter.querySelector('input')
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase()
    let shown = 0
    for (const row of rows) {
      row.hidden = !row.dataset.text.includes(wanted)
      if (!row.hidden) shown++
    }
    for (const body of document.querySelectorAll(`#${filter.dataset.filter} tbody`)) {
      body.hidden = !body.querySelector('tr:not(.group):not([hidden])')
    }
    filter.querySelector('[role=status]').textContent = `${shown} of ${rows.length} shown`
  })
  for (const row of rows) {
    row.dataset.text = `${row.cells[0].textContent} ${row.querySelector('code').textContent}`.toLowerCase()
  }
}

for (const upload of document.querySelectorAll('[data-upload]')) {
  upload.hidden = false
  const area = document.getElementById(upload.dataset.upload)
  const input = upload.querySelector('input')
  input.addEventListener('change', async () => {
    const [file] = input.files
    if (!file) return
    area.value = await file.text()
    announcement.textContent = `${file.name} was read into the metadata field.`
  })
}

// A form that came back with problems begins at them.
document.getElementById('errors')?.focus()
