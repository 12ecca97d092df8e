"""What Streamlit runs for each user, from the top, whenever that user has done something.

A worker process that is started meanwhile imports it too, under another name, and must not run it.
"""

if __name__ == "__main__":
    from pipeline.web.page.main_view import show

    show()
