"""What Granary tells a seller: kept once, shown in the app, handed to e-mail and telephone when it may be."""
