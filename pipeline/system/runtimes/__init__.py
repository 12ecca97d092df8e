"""Where a network is run: LiteRT for .tflite files, Keras for .keras files."""
