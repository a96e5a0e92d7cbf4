models-title = Models
models-lead = What several models or versions say of the same picture, side by side. Use it before you import photos with another model.
models-no-backend = No gpu-backend is set: MUNJIGI_GPU_URL.
models-backends = Gpu-backends
models-away = does not answer
models-loading = is loading its models
models-ready = ready
models-in-service = Models in service
models-none = No model is in service. The gpu-backend reads them from the folder MUNJIGI_GPU_MODELS.
models-ask-it = Ask
models-task = Task
models-task-classify = names what it sees
models-task-segment = says what is where
models-engines = Engines (images at once)
models-licence = Licence
models-batches-hint = At most 8 models at a time. A single picture is computed at the smallest batch size.
models-picture = Picture
models-gallery = One of your photos, drawn by chance
models-no-photos = No photos were imported yet. Choose a file.
models-upload = Or a file
models-upload-hint = Your browser makes it at most 1,024 pixels wide and high. It is not kept; only an opinion on an answer is, with the file’s name.
models-unreadable = Your browser cannot read this picture.
models-chosen = The chosen picture
models-ask = Ask the models
models-mistake-models = Tick one to eight models.
models-mistake-picture = Choose a photo or a file. The file must be a picture.
models-said-title = What the models said
models-back = All models
models-no-answer = No answer:
models-time = { $milliseconds } ms, computed by { $engine }
models-nothing = It found nothing.
models-apart = { $points } points to the first
models-opinion = Opinion
models-likes = Like
models-dislikes = Dislike
models-comment = Comment
models-keep = Keep these opinions
models-kept = { $count ->
    [0] No opinion was given
    [one] 1 opinion kept
   *[other] { $count } opinions kept
}
models-opinions = Opinions
models-no-opinions = None yet.
models-export = Download all (JSON Lines)
models-when = When
models-model = Model
models-file = Picture
