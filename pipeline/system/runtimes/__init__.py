"""Where a network is run: LiteRT for .tflite files, Keras and TensorFlow for theirs."""
