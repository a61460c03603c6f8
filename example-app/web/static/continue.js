// Sends the page's only form on at once. Without JavaScript its button does.
document.forms[0].submit()
