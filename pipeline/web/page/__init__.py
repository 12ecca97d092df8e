"""The page in the browser, made with Streamlit: uploads in, numbers to look at, to correct and to take away."""
