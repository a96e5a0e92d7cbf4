photos-title = Photos
photos-lead = Only photos that a person has accepted are shown to visitors. Look for a wrong name, for people who can be recognised, and for anything that you would not want on your site.
photos-none = No photos were imported yet. Import a folder with the command:
photos-none-here = There are no such photos.
photos-state = State
photos-state-waiting = Waiting
photos-state-accepted = Accepted
photos-state-rejected = Rejected
photos-things = What they show
photos-everything = Everything
photos-unnamed = not named
photos-tick = Tick { $name }: { $thing }
photos-tick-all = Tick all on this page
photos-place = can be pointed at
photos-sure = { $percent } %
photos-accept-ticked = Accept the ticked ones
photos-reject-ticked = Reject the ticked ones
photos-reconsider-ticked = Put the ticked ones back
photos-ticked-hint = A photo without a name is accepted on its own page, where you name it.
photos-done = { $count ->
    [one] 1 photo changed
   *[other] { $count } photos changed
}
photos-pages = Pages
photos-page = Page { $page } of { $pages }
photos-previous = Previous page
photos-next-page = Next page
photos-left = { $count ->
    [0] No photo is waiting
    [one] 1 photo is waiting
   *[other] { $count } photos are waiting
}
photos-back = All photos
photos-said = What the model said
photos-said-label = Label
photos-said-thing = Means
photos-said-score = How sure
photos-said-nothing = nothing to ask for
photos-shows = What it shows
photos-other = Something else
photos-choose = Choose
photos-where = Where it is
photos-where-hint = Only if it is there once and small enough that a guess rarely hits it: at most 6 % of the picture.
photos-where-none = It cannot be pointed at
photos-where-shown = Where the outline shows it
photos-where-frame = In a frame
photos-frame = Frame, in pixels of the picture (480 × 320)
photos-frame-left = From the left
photos-frame-top = From the top
photos-frame-width = Width
photos-frame-height = Height
photos-frame-hint = Drag on the picture, or focus it and use the arrow keys; with shift they change the size.
photos-picture = The photo, with its frame. Arrow keys move the frame, with shift they change its size.
photos-accept = Accept
photos-reject = Reject
photos-reconsider = Put back
photos-skip = Next photo
photos-keys-hint = In this form: a accepts, r rejects, n goes to the next photo, 1 to 9 choose what it shows. Not while you type.
photos-licence = Licence
photos-model = Model
photos-segmenter = Outline
photos-imported = Imported
photos-mistake-late = Someone else decided about this photo while you looked at it. This is how it is now.
photos-mistake-thing = Choose what the photo shows.
photos-mistake-frame = The frame has to lie within the picture: four whole numbers, and neither width nor height 0.
photos-mistake-large = That is more than 6 % of the picture: a guess would hit it too often. Make the frame smaller, or choose that it cannot be pointed at.
