// Submits the page's only form. Without JavaScript, its button does that.
document.forms[0].submit()
