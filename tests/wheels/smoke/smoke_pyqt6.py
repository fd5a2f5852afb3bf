"""Widgets without a screen: signals, models, painting."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PyQt6.QtCore import QAbstractListModel, QObject, Qt, QTimer, pyqtSignal, pyqtSlot
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

app = QApplication([])


class Model(QAbstractListModel):
    def rowCount(self, parent=None):
        return 3

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        return f"row {index.row()}" if role == Qt.ItemDataRole.DisplayRole else None


class Source(QObject):
    told = pyqtSignal(int, str)

    @pyqtSlot(int, str)
    def hear(self, n, text):
        print("heard", n, text)


source = Source()
source.told.connect(source.hear)
source.told.emit(1, "one")
window = QWidget()
layout = QVBoxLayout(window)
label, button = QLabel("before"), QPushButton("press")
button.clicked.connect(lambda: label.setText("after"))
layout.addWidget(label)
layout.addWidget(button)
window.show()
button.click()
print(label.text(), window.isVisible(), layout.count())
model = Model()
print([model.index(i).data() for i in range(model.rowCount())])
image = QImage(8, 8, QImage.Format.Format_RGB32)
image.fill(QColor("red"))
painter = QPainter(image)
painter.fillRect(0, 0, 4, 4, QColor("blue"))
painter.end()
print(QColor(image.pixel(1, 1)).name(), QColor(image.pixel(6, 6)).name())
QTimer.singleShot(10, app.quit)
print(app.exec())
